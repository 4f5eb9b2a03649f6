// Remembers on this device whether somebody chose »Kort fortalt«. Without this file the choice is two plain links.

const KEY = "kort";
const address = new URL(location.href);
const isShort = address.searchParams.get("kort") === "1";

function memory(value) {
  try {
    if (value === undefined) return localStorage.getItem(KEY);
    if (value) localStorage.setItem(KEY, value);
    else localStorage.removeItem(KEY);
  } catch {
    // The browser keeps nothing: the choice still stands in the address.
  }
}

document.addEventListener("click", ({ target }) => {
  const choice = target.closest?.("[data-short]");
  if (choice) memory(choice.dataset.short);
});

if (memory() && !isShort) {
  if (document.querySelector(".versions")) {
    address.searchParams.set("kort", "1");
    // The other text is not shown meanwhile, unless the line is so slow that something is better than nothing.
    document.documentElement.hidden = true;
    setTimeout(() => { document.documentElement.hidden = false; }, 3000);
    location.replace(address);
  } else {
    // No easy text here. Its links lead to where there may be one.
    for (const link of document.querySelectorAll("main a[href^='/'], header a[href^='/']")) {
      const on = new URL(link.href);
      if (on.search || !on.pathname.endsWith("/") || on.pathname.startsWith("/admin/")) continue;
      on.search = "?kort=1";
      link.href = on.href;
    }
  }
}

// An address that points into a folded text unfolds it.
function unfold() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const folded = target && target.closest("details:not([open])");
  if (!folded) return;
  folded.open = true;
  target.scrollIntoView();
}
addEventListener("hashchange", unfold);
unfold();
