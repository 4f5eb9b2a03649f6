// Asks before a page with unsaved changes is left.
const form = document.querySelector("#content-main form[id$='_form']");
if (form) {
  let changed = Boolean(form.querySelector(".error-summary"));
  form.addEventListener("input", () => { changed = true; });
  form.addEventListener("change", () => { changed = true; });
  form.addEventListener("submit", () => { changed = false; });
  window.addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
}
