// On paper all answers are open; afterwards each is as it was.
let closed = [];
addEventListener("beforeprint", () => {
  closed = [...document.querySelectorAll("details:not([open])")];
  for (const details of closed) details.open = true;
});
addEventListener("afterprint", () => closed.forEach((details) => { details.open = false; }));
// What the theme leaves to be said to those who listen to a page.
addEventListener("DOMContentLoaded", () => {
  for (const caption of document.querySelectorAll("p.caption[role=heading]")) caption.ariaLevel = "2";
  document.querySelector(".sidebar-drawer").ariaLabel = "All pages";
  document.querySelector(".toc-drawer")?.setAttribute("aria-label", "This page");
  if (!document.querySelector("h1")) {
    document.querySelector("[role=main]")?.insertAdjacentHTML("afterbegin", "<h1>Search</h1>");
  }
});
