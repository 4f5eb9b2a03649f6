// The rich text editor of each <textarea data-richtext>. The library is django-prose-editor's build of Tiptap; its address
// is in the attribute, because an import map would be inline script. The hidden text area always has the current text, so
// that saving and autosave work without regard to the editor.

const MAC = /Mac|iPhone|iPad/.test(navigator.platform);
const seen = new WeakSet();
let count = 0;

// The toolbar. `run` gets a chain of commands; `press` is for buttons that open a dialog first.
const GROUPS = [
  {
    name: "Skrift",
    buttons: [
      { text: "F", name: "Fed", key: "B", look: "bold", run: (c) => c.toggleBold(), on: (e) => e.isActive("bold") },
      { text: "K", name: "Kursiv", key: "I", look: "italic", run: (c) => c.toggleItalic(), on: (e) => e.isActive("italic") },
    ],
  },
  {
    name: "Lister",
    buttons: [
      { text: "Punktliste", sign: "•", key: "Shift+8", run: (c) => c.toggleBulletList(), on: (e) => e.isActive("bulletList") },
      { text: "Nummerliste", sign: "1.", key: "Shift+7", run: (c) => c.toggleOrderedList(), on: (e) => e.isActive("orderedList") },
    ],
  },
  {
    name: "Punkt på listen",
    when: (e) => e.isActive("listItem"),
    buttons: [
      { text: "Ryk ind", run: (c) => c.sinkListItem("listItem"), can: (e) => e.can().sinkListItem("listItem") },
      { text: "Ryk ud", run: (c) => c.liftListItem("listItem"), can: (e) => e.can().liftListItem("listItem") },
    ],
  },
  {
    name: "Indsæt",
    buttons: [
      { text: "Link", key: "K", press: editLink, on: (e) => e.isActive("link") },
      {
        text: "Tabel",
        title: "Indsæt en tabel med 3 kolonner og 3 rækker",
        run: (c) => c.insertTable({ rows: 3, cols: 3, withHeaderRow: true }),
        can: (e) => !e.isActive("table"),
      },
    ],
  },
  {
    name: "Fortryd",
    buttons: [
      { text: "Fortryd", key: "Z", run: (c) => c.undo(), can: (e) => e.can().undo() },
      { text: "Gentag", key: MAC ? "Shift+Z" : "Y", run: (c) => c.redo(), can: (e) => e.can().redo() },
    ],
  },
  {
    name: "Tabel",
    when: (e) => e.isActive("table"),
    buttons: [
      { text: "Række over", title: "Indsæt en række over denne", run: (c) => c.addRowBefore() },
      { text: "Række under", title: "Indsæt en række under denne", run: (c) => c.addRowAfter() },
      { text: "Slet række", run: (c) => c.deleteRow() },
      { text: "Kolonne før", title: "Indsæt en kolonne før denne", run: (c) => c.addColumnBefore() },
      { text: "Kolonne efter", title: "Indsæt en kolonne efter denne", run: (c) => c.addColumnAfter() },
      { text: "Slet kolonne", run: (c) => c.deleteColumn() },
      { text: "Overskriftsrække", title: "Første række er overskrifter", run: (c) => c.toggleHeaderRow(), on: hasHeaderRow },
      { text: "Tabeltekst", title: "Skriv, hvad tabellen viser", press: editCaption, on: (e) => !!e.getAttributes("table").caption },
      { text: "Slet tabel", run: (c) => c.deleteTable() },
    ],
  },
];

const HINT = "Alt+F10 går til knapperne. Piletaster skifter knap. Esc går tilbage til teksten.";

function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in node) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

// The library's extensions, limited to the HTML that the server stores

function extensions(lib) {
  // Tab always moves to the next field; used in lists and tables, it would trap keyboard users.
  const withoutTab = (extension) =>
    extension.extend({
      addKeyboardShortcuts() {
        const { Tab, "Shift-Tab": shiftTab, ...rest } = this.parent?.() ?? {};
        return rest;
      },
    });
  const table = withoutTab(lib.Table).extend({
    addAttributes: () => ({
      caption: {
        default: "",
        rendered: false,
        parseHTML: (node) => node.querySelector(":scope > caption")?.textContent.trim() ?? "",
      },
    }),
    parseHTML: () => [{ tag: "caption", ignore: true }, { tag: "table" }],
    renderHTML: ({ node }) =>
      node.attrs.caption
        ? ["table", {}, ["caption", { contenteditable: "false" }, node.attrs.caption], ["tbody", 0]]
        : ["table", {}, ["tbody", 0]],
    addNodeView: () => null,
  });
  return [
    lib.Document,
    lib.Paragraph,
    lib.Text,
    lib.HardBreak,
    lib.Bold,
    lib.Italic,
    lib.BulletList,
    lib.OrderedList.extend({
      addAttributes: () => ({
        start: { default: 1, parseHTML: (node) => node.start, renderHTML: ({ start }) => (start === 1 ? {} : { start }) },
        type: { default: null, parseHTML: (node) => /^[aAiI]$/.exec(node.type)?.[0] ?? null },
      }),
      renderHTML: ({ HTMLAttributes }) => ["ol", HTMLAttributes, 0],
      addNodeView: () => null,
    }),
    withoutTab(lib.ListItem),
    lib.Link.extend({ addKeyboardShortcuts: () => ({}) }).configure({ openOnClick: false, autolink: false }),
    table,
    lib.TableRow,
    lib.TableHeader,
    lib.TableCell,
    lib.UndoRedo,
    lib.Gapcursor,
    lib.TrailingNode, // an empty paragraph below a table
  ];
}

// An editor and its toolbar

async function enhance(textarea) {
  if (seen.has(textarea) || textarea.name.includes("__prefix__")) return;
  seen.add(textarea);
  const lib = await import(textarea.dataset.richtext);
  const id = textarea.id || `richtext-${++count}`;
  const hint = element("p", { className: "richtext-hint", id: `${id}_keys` }, HINT);
  const toolbar = element("div", { className: "richtext-toolbar", role: "toolbar", "aria-label": "Formatering" });
  const notice = element("p", { className: "richtext-notice", role: "status" });
  const box = element("div", { className: "richtext-editor" }, toolbar);

  const attributes = {
    id: `${id}_editor`,
    class: "richtext-text",
    role: "textbox",
    "aria-multiline": "true",
    "aria-describedby": [textarea.getAttribute("aria-describedby"), hint.id].filter(Boolean).join(" "),
    ...nameOf(textarea),
  };
  if (textarea.required) attributes["aria-required"] = "true";
  if (textarea.getAttribute("aria-invalid") === "true") attributes["aria-invalid"] = "true";
  const editable = !textarea.disabled && !textarea.readOnly;
  if (!editable) attributes["aria-readonly"] = "true";

  // On a slow connection, the user may be typing when the library has loaded.
  const caret = document.activeElement === textarea ? textarea.selectionStart : null;
  const editor = new lib.Editor({
    element: box,
    content: contentOf(textarea.value),
    parseOptions: { preserveWhitespace: caret !== null }, // a trailing space
    extensions: extensions(lib),
    editable,
    injectCSS: false, // it is in richtext.css
    enableInputRules: false,
    enablePasteRules: false,
    editorProps: {
      attributes,
      transformPastedHTML(html) {
        const { text, leftOut } = fromWord(html);
        notice.textContent = leftOut.length
          ? `Overstreget og skjult tekst er ikke sat ind: »${leftOut.join("« og »")}«.`
          : "";
        return text;
      },
      handleKeyDown: (_, event) => shortcut(event, editor, toolbar),
      // The library restores the selection 20 ms after a return of the focus, and undoes the effect of a key pressed
      // meanwhile. It is not told that a dialog takes the focus; view.focus() restores the selection at once.
      handleDOMEvents: { blur: () => !!document.querySelector(".richtext-dialog[open]") },
    },
    onUpdate() {
      if (currentHtml() === last) return;
      textarea.value = last = currentHtml();
      textarea.dispatchEvent(new Event("input", { bubbles: true }));
    },
  });
  // Without the empty paragraph that the library keeps below a table.
  const currentHtml = () => editor.getHTML().replace(/(<p><\/p>)+$/, "");
  let last = currentHtml();
  // Sent by scripts that set the value of the text area.
  textarea.addEventListener("richtext:set", () => {
    if (textarea.value === last) return;
    editor.commands.setContent(textarea.value, { emitUpdate: false });
    last = currentHtml();
  });
  if (editable) fillToolbar(toolbar, editor);
  toolbar.hidden = !editable;
  toolbar.setAttribute("aria-controls", attributes.id);
  box.append(notice, hint);
  textarea.after(box);
  // Set the focus directly: the editor's own command waits for a frame, in which a typed letter would be lost.
  if (caret !== null) {
    editor.commands.setTextSelection(positionOf(caret, textarea.value, editor.state.doc));
    editor.view.focus();
  }
  textarea.hidden = true;
  // A browser cannot show its validation message at a hidden field; the server validates.
  textarea.required = false;
  for (const label of textarea.labels) label.addEventListener("click", () => editor.commands.focus());
}

// Text typed before the editor had loaded has no tags; parsed as HTML it would lose its lines and its last space.
function contentOf(text) {
  if (!text || /<[a-z!/]/i.test(text)) return text;
  const lineOf = (line) => (line ? [{ type: "text", text: line }] : []);
  const paragraph = (lines) => ({
    type: "paragraph",
    content: lines.split("\n").flatMap((line, at) => [...(at ? [{ type: "hardBreak" }] : []), ...lineOf(line)]),
  });
  return { type: "doc", content: text.split(/\n{2,}/).map(paragraph) };
}

// The position in the editor's document of a caret in the text area: after the same number of characters.
function positionOf(caret, text, doc) {
  const end = doc.content.size - 1;
  if (!text.slice(caret).trim()) return end;
  const before = new DOMParser().parseFromString(text.slice(0, caret), "text/html").body.textContent;
  let left = before.replaceAll("\n", "").length;
  let position = 1;
  doc.descendants((node, at) => {
    if (node.isText && left > 0) {
      position = at + Math.min(left, node.nodeSize);
      left -= node.nodeSize;
    }
  });
  return position;
}

// The accessible name: the field's label, or the heading of its column in a tabular inline.
function nameOf(textarea) {
  const [label] = textarea.labels;
  if (label) {
    label.id ||= `${textarea.id}_label`;
    return { "aria-labelledby": label.id };
  }
  const cell = textarea.closest("td");
  const heading = cell?.closest("table").tHead?.rows[0]?.cells[cell.cellIndex];
  return { "aria-label": textarea.getAttribute("aria-label") || heading?.textContent.trim() || "Formateret tekst" };
}

function shortcut(event, editor, toolbar) {
  if (event.altKey && event.key === "F10") {
    (toolbar.querySelector('[tabindex="0"]') ?? toolbar).focus();
    return true;
  }
  if ((MAC ? event.metaKey : event.ctrlKey) && event.key.toLowerCase() === "k") {
    editLink(editor);
    return true;
  }
  // Tab goes from cell to cell, and out of the text from the last one.
  if (event.key === "Tab" && !event.altKey && !event.ctrlKey && !event.metaKey && editor.isActive("table")) {
    return event.shiftKey ? editor.commands.goToPreviousCell() : editor.commands.goToNextCell();
  }
  return false;
}

function fillToolbar(toolbar, editor) {
  const all = [];
  const groups = GROUPS.map((group) => {
    const node = element("div", { className: "richtext-group", role: "group", "aria-label": group.name });
    for (const item of group.buttons) {
      const button = element("button", { type: "button", className: "richtext-button", tabIndex: -1 });
      if (item.look) button.classList.add(`richtext-${item.look}`);
      if (item.name) button.setAttribute("aria-label", item.name);
      if (item.sign) button.append(element("span", { "aria-hidden": "true" }, item.sign), " ");
      button.append(item.text);
      const title = item.title ?? item.name ?? "";
      if (item.key) {
        button.title = `${title || item.text} (${MAC ? "Cmd" : "Ctrl"}+${item.key})`;
        button.setAttribute("aria-keyshortcuts", `${MAC ? "Meta" : "Control"}+${item.key}`);
      } else {
        button.title = title;
      }
      // Keep the selection in the text when a button is clicked.
      button.addEventListener("mousedown", (event) => event.preventDefault());
      button.addEventListener("click", () => {
        if (button.getAttribute("aria-disabled") === "true") return;
        if (item.press) item.press(editor);
        else item.run(editor.chain().focus()).run();
      });
      node.append(button);
      all.push({ item, button, node, when: group.when });
    }
    return node;
  });
  toolbar.append(...groups);

  const refresh = () => {
    for (const { item, button, node, when } of all) {
      node.hidden = !!when && !when(editor);
      if (item.on) button.setAttribute("aria-pressed", String(item.on(editor)));
      if (item.can) button.setAttribute("aria-disabled", String(!item.can(editor)));
    }
    const reachable = all.filter(({ node }) => !node.hidden).map(({ button }) => button);
    if (!reachable.some((button) => button.tabIndex === 0)) moveTabStop(reachable[0]);
  };
  const moveTabStop = (target) => {
    for (const { button } of all) button.tabIndex = button === target ? 0 : -1;
  };
  toolbar.addEventListener("focusin", (event) => moveTabStop(event.target));
  toolbar.addEventListener("keydown", (event) => {
    const reachable = all.filter(({ node }) => !node.hidden).map(({ button }) => button);
    const at = reachable.indexOf(document.activeElement);
    const last = reachable.length - 1;
    const next = { ArrowRight: at < last ? at + 1 : 0, ArrowLeft: at > 0 ? at - 1 : last, Home: 0, End: last }[event.key];
    if (next !== undefined) reachable[next].focus();
    else if (event.key === "Escape") editor.commands.focus();
    else return;
    event.preventDefault();
  });
  editor.on("transaction", refresh);
  refresh();
}

// Dialog for links and table captions: a promise of the text, "" to remove it, or null if cancelled

function openDialog({ heading, label, help, value, parse, mistake, remove }) {
  return new Promise((resolve) => {
    const id = `richtext-dialog-${++count}`;
    const input = element("input", { type: "text", id, value, "aria-describedby": `${id}-help ${id}-error` });
    const error = element("p", { className: "richtext-error", id: `${id}-error`, role: "alert" });
    const button = (text, act) => {
      const node = element("button", { type: "button", className: "richtext-button" }, text);
      node.addEventListener("click", act);
      return node;
    };
    const finish = (answer) => {
      dialog.close();
      dialog.remove();
      resolve(answer);
    };
    const accept = () => {
      const answer = parse(input.value.trim());
      if (answer) return finish(answer);
      error.textContent = mistake;
      input.setAttribute("aria-invalid", "true");
      input.focus();
    };
    const dialog = element(
      "dialog",
      { className: "richtext-dialog", "aria-labelledby": `${id}-heading` },
      element("h2", { id: `${id}-heading` }, heading),
      element("label", { htmlFor: id }, label),
      element("p", { id: `${id}-help`, className: "richtext-help" }, help),
      input,
      error,
      element(
        "div",
        { className: "richtext-group" },
        button("Gem", accept),
        ...(remove ? [button(remove, () => finish(""))] : []),
        button("Annuller", () => finish(null)),
      ),
    );
    // Enter must not submit the form behind, and Esc must remove the dialog.
    dialog.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target === input) {
        event.preventDefault();
        accept();
      }
    });
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      finish(null);
    });
    document.body.append(dialog);
    dialog.showModal();
    input.select();
  });
}

async function editLink(editor) {
  const { href = "" } = editor.getAttributes("link");
  const answer = await openDialog({
    heading: href ? "Ret link" : "Indsæt link",
    label: "Hvor skal linket føre hen?",
    help: "En netadresse, en e-mailadresse eller et telefonnummer. Linkets tekst er den, du har markeret.",
    value: href.replace(/^(mailto|tel):/, ""),
    parse: address,
    mistake: "Skriv en hel adresse, for eksempel https://www.borger.dk, navn@kommune.dk eller 79 00 00 00.",
    remove: href && "Fjern link",
  });
  editor.view.focus();
  if (answer === null) return;
  const chain = editor.chain();
  if (!answer) chain.extendMarkRange("link").unsetLink().run();
  else if (href) chain.extendMarkRange("link").setLink({ href: answer }).run();
  else if (!editor.state.selection.empty) chain.setLink({ href: answer }).run();
  else {
    const text = answer.replace(/^(mailto|tel):/, "");
    chain.insertContent({ type: "text", text, marks: [{ type: "link", attrs: { href: answer } }] }).run();
  }
}

// The address in the form that the server accepts; "" if it is not an address.
function address(text) {
  if (/^[^\s@/:]+@[^\s@/:]+\.[^\s@/:]+$/.test(text)) return `mailto:${text}`;
  if (/^\+?[\d ]{8,}$/.test(text)) return `tel:${text.replaceAll(" ", "")}`;
  if (/^[\wæøå-]+(\.[\wæøå-]+)+([/?#]\S*)?$/i.test(text)) return `https://${text}`;
  return /^(https?:\/\/[^/?#\s]+\S*|mailto:\S+|tel:[+\d(]\S*)$/i.test(text) ? text : "";
}

async function editCaption(editor) {
  const { caption } = editor.getAttributes("table");
  const answer = await openDialog({
    heading: "Tabeltekst",
    label: "Hvad viser tabellen?",
    help: "Teksten står over tabellen og læses højt for dem, der ikke kan se den.",
    value: caption,
    parse: (text) => text,
    mistake: "Skriv en tekst, eller tryk på »Annuller«.",
    remove: caption && "Fjern tabeltekst",
  });
  editor.view.focus();
  if (answer !== null) editor.commands.updateAttributes("table", { caption: answer });
}

function hasHeaderRow(editor) {
  const { $from } = editor.state.selection;
  for (let depth = $from.depth; depth > 0; depth--) {
    const node = $from.node(depth);
    if (node.type.name !== "table") continue;
    let all = true;
    node.firstChild.forEach((cell) => (all &&= cell.type.name === "tableHeader"));
    return all;
  }
  return false;
}

// Paste. Word uses styles where HTML has elements. The Content-Security-Policy applies to parsed HTML too, so style and
// event attributes are renamed before parsing. The server reads Word in udsat/lib/richtext/html_reader.py.

const SCRIPTS = { SUP: ["0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ"], SUB: ["0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎"] };

// Superscript and subscript as text that is not read as something else: m², CO₂, 10^(-3,5).
function raised(text, tag) {
  const [plain, shown] = SCRIPTS[tag].map((signs) => [...signs]);
  if ([...text].every((sign) => /\s/.test(sign) || plain.includes(sign)))
    return [...text].map((sign) => shown[plain.indexOf(sign)] ?? sign).join("");
  return /[0-9=+−]/.test(text) ? `${tag === "SUP" ? "^" : "_"}(${text.trim()})` : text;
}

// The text to insert, and the text that a reader of the source sees as struck out or not at all.
function fromWord(html) {
  const renamed = html
    .replace(/<(style|script|xml|title)\b[^]*?(<\/\1\s*>|$)/gi, "")
    .replace(/<[a-z][^<>]*/gi, (tag) => tag.replace(/([\s/"'])(style|on[a-z]+)\s*=/gi, "$1data-$2="));
  const { body } = new DOMParser().parseFromString(renamed, "text/html");
  const style = (node) => node.dataset.style ?? "";
  const rename = (node, tag) => {
    const renamedNode = element(tag, {}, ...node.childNodes);
    node.replaceWith(renamedNode);
    return renamedNode;
  };
  const leftOut = [];
  for (const node of body.querySelectorAll("s, strike, [data-style], [hidden]")) {
    const unseen = /text-decoration(-line)?\s*:[^;]*line-through|mso-hide\s*:\s*all|(?<![-\w])(display\s*:\s*none|visibility\s*:\s*hidden)/i;
    if (!body.contains(node) || (!/^(S|STRIKE)$/.test(node.tagName) && !node.hidden && !unseen.test(style(node)))) continue;
    if (node.textContent.trim()) leftOut.push(node.textContent.trim());
    // A struck cell keeps its place in the row.
    if (/^T[DH]$/.test(node.tagName) && /line-through/i.test(style(node))) node.replaceChildren();
    else node.remove();
  }
  for (const node of body.querySelectorAll("sup, sub, [data-style]")) {
    const [, kind] = /vertical-align\s*:\s*(super|sub)(?![-\w])/i.exec(style(node)) ?? [];
    const [, below] = /mso-text-raise\s*:\s*(-?)([2-9]|[1-9]\d)(?!\d)/i.exec(style(node)) ?? [];
    const tag = kind ? `SU${kind.toLowerCase() === "super" ? "P" : "B"}` : below === undefined ? node.tagName : below ? "SUB" : "SUP";
    if (/^SU[PB]$/.test(tag) && !node.children.length) node.textContent = raised(node.textContent, tag);
  }
  // Deleted text and margin comments.
  for (const node of body.querySelectorAll('del, [class*="MsoComment"], [class*="msocom"], [data-style*="mso-element:comment"]')) node.remove();
  for (const node of body.querySelectorAll('h1, h2, h3, h4, h5, h6, [role="heading"]')) {
    for (const marker of node.querySelectorAll("[data-style]")) if (/mso-list\s*:\s*ignore/i.test(style(marker))) marker.remove();
    const paragraph = rename(node, "p");
    paragraph.replaceChildren(element("strong", {}, ...paragraph.childNodes));
  }
  wordLists(body, style);
  webWordLists(body);
  for (const node of body.querySelectorAll("b, strong, span, i, em")) {
    if (/(?<![-\w])font-weight\s*:\s*(normal|[1-4]00)/i.test(style(node)) && /^(B|STRONG)$/.test(node.tagName)) rename(node, "span");
    else if (/(?<![-\w])font-weight\s*:\s*(bold|[6-9]00)/i.test(style(node))) node.replaceChildren(element("strong", {}, ...node.childNodes));
    if (/(?<![-\w])font-style\s*:\s*italic/i.test(style(node))) node.replaceChildren(element("em", {}, ...node.childNodes));
  }
  for (const node of body.querySelectorAll("[data-style]")) node.removeAttribute("data-style");
  return { text: body.innerHTML, leftOut };
}

const ROMAN = ["", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii", "xiv", "xv"];

// The kind and the number that a list marker such as »c)« shows.
function numbering(marker) {
  const [, text = ""] = /^\(?(\d{1,3}|[a-z]|[ivxl]{1,5})[.)]/i.exec(marker) ?? [];
  if (/^\d/.test(text)) return { type: "1", number: Number(text) };
  const lower = text.toLowerCase();
  if (!text) return { type: "1", number: 1 };
  if (text.length === 1 && !"ivx".includes(lower)) return { type: lower === text ? "a" : "A", number: lower.charCodeAt(0) - 96 };
  return { type: lower === text ? "i" : "I", number: Math.max(1, ROMAN.indexOf(lower)) };
}

// Whether the marker follows the items of a list: »i)« is the ninth letter after »h)«.
function follows(list, marker) {
  if (list.tagName !== "OL" || !/^\(?\w/.test(marker)) return true;
  const next = list.start + list.children.length;
  const { type, number } = numbering(marker);
  if (/^[aA]$/.test(list.type)) return /^\(?([a-z])/i.exec(marker)?.[1].toLowerCase().charCodeAt(0) - 96 === next;
  return number === next && type === (list.type || "1");
}

function wordLists(body, style) {
  let path = []; // the open lists, outermost first: { level, ordered, id, list }
  let previous = null;
  for (const node of body.querySelectorAll('p[data-style*="mso-list"], p[class*="MsoListParagraph"]')) {
    const wordList = /mso-list\s*:\s*(l\d+)\s+level(\d)\s*(\w*)/i.exec(style(node));
    const ignored = [...node.querySelectorAll("[data-style]")].find((span) => /mso-list\s*:\s*ignore/i.test(style(span)));
    const typed = /^\s*([·•▪§o–-]|\(?(\d{1,3}|[a-zæøå])[.)])\s+/i.exec(node.textContent);
    if (!wordList && !typed) continue;
    const marker = ignored ? ignored.textContent.trim() : (typed?.[1] ?? "");
    if (ignored) ignored.remove();
    else if (typed) dropStart(node, typed[0].length);
    const item = { level: Number(wordList?.[2] ?? 1), ordered: /^\(?(\d{1,3}|[a-zæøå]|[ivxl]{1,5})[.)]/i.test(marker), id: wordList ? wordList[1] + wordList[3] : "" };
    if (node.previousElementSibling !== previous || !previous) path = [];
    const differs = (open) => open.ordered !== item.ordered || open.id !== item.id || !follows(open.list, marker);
    while (path.length && (path.at(-1).level > item.level || (path.at(-1).level === item.level && differs(path.at(-1))))) path.pop();
    if (!path.length || path.at(-1).level < item.level) {
      item.list = element(item.ordered ? "ol" : "ul");
      const { type, number } = numbering(marker);
      if (item.ordered && number > 1) item.list.start = number;
      if (item.ordered && type !== "1") item.list.type = type;
      if (path.length) path.at(-1).list.lastElementChild.append(item.list);
      else node.before(item.list);
      path.push(item);
    }
    path.at(-1).list.append(element("li", {}, element("p", {}, ...node.childNodes)));
    previous = path[0].list;
    node.remove();
  }
}

// Word on the web writes each item as a separate list, with its depth in aria-level.
function webWordLists(body) {
  let path = []; // the open lists, outermost first: { level, list }
  let previous = null;
  for (const wrapper of body.querySelectorAll(".ListContainerWrapper")) {
    const list = wrapper.querySelector("ul, ol");
    if (!list) continue;
    const level = Number(list.querySelector("li")?.getAttribute("aria-level")) || 1;
    if (!previous || wrapper.previousElementSibling !== previous) path = [];
    while (path.length && (path.at(-1).level > level || (path.at(-1).level === level && path.at(-1).list.tagName !== list.tagName))) path.pop();
    if (!path.length) {
      previous = wrapper;
      path.push({ level, list });
      continue;
    }
    if (path.at(-1).level < level) {
      path.at(-1).list.lastElementChild.append(list);
      path.push({ level, list });
    } else path.at(-1).list.append(...list.children);
    wrapper.remove();
  }
}

function dropStart(node, length) {
  const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
  while (length > 0 && walker.nextNode()) {
    const text = walker.currentNode;
    const cut = Math.min(length, text.data.length);
    text.deleteData(0, cut);
    length -= cut;
  }
}

// An agenda may have dozens of texts, so those inside closed <details> are set up when opened.
const enhanceAll = (root) => root.querySelectorAll("textarea[data-richtext]").forEach((area) => {
  const folded = area.closest("details:not([open])");
  if (folded) folded.addEventListener("toggle", () => enhance(area), { once: true });
  else enhance(area);
});

enhanceAll(document);
// Sent by the admin's inlines for each new form.
document.addEventListener("formset:added", (event) => enhanceAll(event.target));
