// Suggestions while somebody types in the search field: a combobox with a list (WAI-ARIA Authoring Practices, list
// autocomplete with manual selection). Without this file the field is an ordinary search field, and nothing is lost.

const PAUSE = 200; // milliseconds without a key before we ask
const SHORTEST = 2;

const field = document.querySelector("form.search #q");
// Whoever saves data gets no traffic that was not asked for.
if (field && !navigator.connection?.saveData) combobox(field);

function combobox(input) {
  const list = document.createElement("ul");
  const status = document.createElement("p");
  list.id = "q-forslag";
  list.className = "suggestions";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Forslag");
  status.className = "unseen";
  status.setAttribute("role", "status");
  input.after(list, status);
  // A field of type search may not be a combobox (ARIA in HTML).
  input.type = "text";
  input.enterKeyHint = "search";
  for (const [name, value] of Object.entries({
    role: "combobox",
    "aria-autocomplete": "list",
    "aria-controls": list.id,
    "aria-expanded": "false",
  })) input.setAttribute(name, value);

  let active = -1;
  let asked = input.value.trim();
  let timer, asking;

  function mark(number) {
    list.children[active]?.setAttribute("aria-selected", "false");
    active = number;
    const option = list.children[active];
    if (option) {
      option.setAttribute("aria-selected", "true");
      option.scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", option.id);
    } else input.removeAttribute("aria-activedescendant");
  }

  function open(isOpen) {
    list.hidden = !isOpen;
    input.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) {
      mark(-1);
      status.textContent = "";
    }
  }

  function show(texts) {
    mark(-1);
    list.replaceChildren(...texts.map((text, number) => {
      const option = document.createElement("li");
      option.id = `q-forslag-${number}`;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.textContent = text;
      return option;
    }));
    open(texts.length > 0);
    if (texts.length) status.textContent = `${texts.length} forslag. Gå til dem med pil ned.`;
  }

  // What is shown always belongs to what stands in the field: an older answer is thrown away, an older list closed.
  async function ask() {
    const query = input.value.trim();
    asked = query;
    if (query.length < SHORTEST) return;
    asking = new AbortController();
    try {
      const response = await fetch(`${input.form.action}forslag/?q=${encodeURIComponent(query)}`, { signal: asking.signal });
      if (!response.ok) return;
      const { forslag } = await response.json();
      if (query === input.value.trim() && document.activeElement === input) show(forslag);
    } catch {
      // No line, or another letter was typed: the field still searches.
    }
  }

  function choose(option) {
    input.value = option.textContent;
    asked = input.value;
    open(false);
    input.form.requestSubmit();
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    asking?.abort();
    if (input.value.trim() === asked) return;
    open(false);
    timer = setTimeout(ask, PAUSE);
  });

  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const count = list.children.length;
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && count && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      if (list.hidden) open(true);
      // One step past either end leads back to the field.
      const step = event.key === "ArrowDown" ? 1 : -1;
      mark(((active + 1 + step + count + 1) % (count + 1)) - 1);
    } else if (event.key === "Enter" && active >= 0) {
      event.preventDefault();
      choose(list.children[active]);
    } else if (event.key === "Escape") {
      event.preventDefault();
      if (!list.hidden) open(false);
      else input.value = asked = "";
    } else if (["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) mark(-1);
  });

  input.addEventListener("blur", () => {
    clearTimeout(timer);
    open(false);
  });
  input.form.addEventListener("submit", () => {
    clearTimeout(timer);
    asking?.abort();
  });
  // The field keeps its focus while somebody points at a suggestion.
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) choose(option);
  });
}
