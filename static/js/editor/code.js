// A textarea as a code editor. It lives in a shadow root, whose style sheets are objects: the page
// allows neither inline styles nor style elements. The textarea stays what the form sends.
import { defaultKeymap, history, historyField, historyKeymap, indentWithTab } from "@codemirror/commands";
import { javascript } from "@codemirror/lang-javascript";
import { json } from "@codemirror/lang-json";
import { HighlightStyle, bracketMatching, foldGutter, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, setDiagnostics, setDiagnosticsEffect } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState, StateField } from "@codemirror/state";
import { Decoration, EditorView, WidgetType, drawSelection, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";

// Colours are the page's variables, so both themes follow by themselves.
const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.modifier], color: "var(--cand-tx)" },
  { tag: [tags.string, tags.special(tags.string), tags.regexp], color: "var(--ok)" },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: "var(--warn)" },
  { tag: [tags.comment], color: "var(--text-3)", fontStyle: "italic" },
  { tag: [tags.propertyName, tags.function(tags.variableName)], color: "var(--stable-tx)" },
]);
const theme = EditorView.theme({
  "&": { color: "var(--text)", backgroundColor: "var(--surface)", fontSize: "12px", maxHeight: "70vh" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "20px", minHeight: "320px", fontVariantLigatures: "none" },
  ".cm-content, .cm-gutters": { minHeight: "320px" },
  ".cm-content": { caretColor: "var(--text)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "var(--sunken)", color: "var(--text-3)", borderRight: "1px solid var(--line)" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--sunken) 60%, transparent)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--stable-fill) 30%, transparent)",
  },
  ".cm-panels": { backgroundColor: "var(--sunken)", color: "var(--text)" },
  ".cm-panel button, .cm-panel input, .cm-textfield, .cm-button": {
    backgroundColor: "var(--surface)", backgroundImage: "none", color: "var(--text)", border: "1px solid var(--control)",
    minHeight: "24px", minWidth: "24px", borderRadius: "4px",
  },
  ".cm-panel.cm-search": { padding: "6px 32px 6px 8px", fontSize: "12px" },
  ".cm-panel.cm-search label": { display: "inline-flex", alignItems: "center", gap: "4px", minHeight: "24px", fontSize: "12px" },
  ".cm-panel.cm-search [name=close]": { top: "6px", right: "6px", width: "24px", height: "24px", border: "0", background: "none" },
  ".cm-panel :focus-visible": { outline: "2px solid var(--ink)", outlineOffset: "1px" },
  ".cm-tooltip": { backgroundColor: "var(--surface)", color: "var(--text)", border: "1px solid var(--control)" },
  ".cm-complaint": {
    position: "sticky", left: "60px", width: "fit-content", maxWidth: "min(100%, 60vw)", margin: "2px 0 4px", padding: "4px 12px", borderLeft: "4px solid var(--danger)", backgroundColor: "var(--danger-bg)",
    color: "var(--danger)", fontFamily: "var(--font)", fontWeight: "600", whiteSpace: "pre-wrap", overflowWrap: "anywhere",
  },
  ".cm-diagnostic-error": { borderLeft: "4px solid var(--danger)" },
  // Drawn without images: the package's are data addresses, which the page does not allow.
  ".cm-lint-marker-error": { content: "normal", borderRadius: "50%", backgroundColor: "var(--danger)" },
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--danger)" },
  ".cm-lintPoint-error:after": { borderBottomColor: "var(--danger)" },
  ".cm-foldPlaceholder": { backgroundColor: "var(--sunken)", color: "var(--text-2)", border: "1px solid var(--line)" },
});

function language(name, type) {
  if (type.includes("javascript")) return javascript({ jsx: /\.[jt]sx$/.test(name), typescript: /\.tsx?$/.test(name) });
  return type.includes("json") || name.endsWith(".json") ? json() : [];
}

/* What the runtime said, under its line; it goes as soon as that line is changed. */

class Complaint extends WidgetType {
  constructor(words) {
    super();
    this.words = words;
  }

  eq(other) {
    return other.words === this.words;
  }

  toDOM() {
    const box = document.createElement("div");
    box.className = "cm-complaint";
    box.textContent = this.words;
    return box;
  }
}

const complaint = StateField.define({
  create: () => Decoration.none,
  update(shown, transaction) {
    for (const effect of transaction.effects) {
      if (!effect.is(setDiagnosticsEffect)) continue;
      const widgets = effect.value.map(({ to, message }) =>
        Decoration.widget({ widget: new Complaint(message), block: true, side: 1 }).range(transaction.newDoc.lineAt(to).to),
      );
      return Decoration.set(widgets);
    }
    return shown.map(transaction.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

const settled = EditorState.transactionExtender.of((transaction) => {
  const at = transaction.docChanged && transaction.startState.field(complaint).iter();
  if (!at?.value) return null;
  const line = transaction.startState.doc.lineAt(at.from);
  return transaction.changes.touchesRange(line.from, line.to) ? { effects: setDiagnosticsEffect.of([]) } : null;
});

// Esc, then Tab leaves, however slowly: the package itself waits for two seconds only.
const leaving = EditorView.domEventHandlers({
  keydown(event, view) {
    if (event.key === "Escape") setTimeout(() => view.setTabFocusMode(600_000));
  },
  blur: (event, view) => view.setTabFocusMode(false),
});

const hint = "Tab indents. Escape, then Tab leaves the code.";

/** Puts an editor over `field` and tells `changed` about every edit; `before` is what `kept` gave. */
export function dress(field, changed, before) {
  const box = document.createElement("div");
  box.className = "editor-code";
  const root = box.attachShadow({ mode: "open" });
  const described = document.createElement("p");
  described.id = "hint";
  described.hidden = true;
  described.textContent = hint;
  root.append(described);
  const extensions = [
    lineNumbers(), foldGutter(), history(), drawSelection(), indentOnInput(), bracketMatching(),
    highlightActiveLine(), highlightActiveLineGutter(), highlightSelectionMatches(), search({ top: true }),
    lintGutter(), complaint, settled, leaving, syntaxHighlighting(colours), theme, language(field.dataset.name, field.dataset.type),
    keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap, indentWithTab]),
    EditorView.contentAttributes.of({
      tabindex: "0", "aria-label": `Code of ${field.dataset.name || "the new module"}`, "aria-describedby": "hint", spellcheck: "false",
    }),
    EditorView.updateListener.of((update) => {
      if (!update.state.field(complaint).size) box.classList.remove("is-wrong");
      if (!update.docChanged) return;
      field.value = update.state.doc.toString();
      changed();
    }),
  ];
  const same = before?.state.doc === field.value;
  const state = same
    ? EditorState.fromJSON(before.state, { extensions }, { history: historyField })
    : EditorState.create({ doc: field.value, extensions });
  const view = new EditorView({ root, parent: root, state, scrollTo: same ? before.scroll : undefined });
  field.after(box);
  field.hidden = true;
  return { box, view };
}

/** What an editor remembers while the form is swapped: text, selection, what can be undone. */
export function kept({ view }) {
  return { state: view.state.toJSON({ history: historyField }), scroll: view.scrollSnapshot() };
}

/** Marks the line that the runtime complained about, and goes there. */
export function complain({ box, view }, line, column, words) {
  const at = view.state.doc.line(Math.min(Math.max(line, 1), view.state.doc.lines));
  const from = Math.min(at.from + Math.max(column - 1, 0), at.to);
  const message = { from: from === at.to ? at.from : from, to: at.to, severity: "error", message: words };
  view.dispatch(setDiagnostics(view.state, [message]));
  view.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: "center" }) });
  box.classList.add("is-wrong");
}
