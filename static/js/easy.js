// Stores the choice of »Kort fortalt« on this device. Without this script the choice is two plain links.

const KEY = "kort";
const address = new URL(location.href);
const isShort = address.searchParams.get("kort") === "1";

function storedChoice(value) {
  try {
    if (value === undefined) return localStorage.getItem(KEY);
    if (value) localStorage.setItem(KEY, value);
    else localStorage.removeItem(KEY);
  } catch {
    // Storage is blocked: the choice is in the address only.
  }
}

document.addEventListener("click", ({ target }) => {
  const choice = target.closest?.("[data-short]");
  if (choice) storedChoice(choice.dataset.short);
});

if (storedChoice() && !isShort) {
  if (document.querySelector(".versions")) {
    address.searchParams.set("kort", "1");
    // Hide the other text until the page is replaced, for 3 seconds at most.
    document.documentElement.hidden = true;
    setTimeout(() => { document.documentElement.hidden = false; }, 3000);
    location.replace(address);
  } else {
    // This page has no easy text, but the pages it links to may have one.
    for (const link of document.querySelectorAll("main a[href^='/'], header a[href^='/']")) {
      const url = new URL(link.href);
      if (url.search || !url.pathname.endsWith("/") || url.pathname.startsWith("/admin/")) continue;
      url.search = "?kort=1";
      link.href = url.href;
    }
  }
}

// Open the <details> that contains the target of the address.
function openTarget() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const details = target && target.closest("details:not([open])");
  if (!details) return;
  details.open = true;
  target.scrollIntoView();
}
addEventListener("hashchange", openTarget);
openTarget();
