// A textarea as a code editor. It lives in a shadow root, whose style sheets are objects: the page
// allows neither inline styles nor style elements. The textarea stays what the form sends.
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { javascript } from "@codemirror/lang-javascript";
import { json } from "@codemirror/lang-json";
import { HighlightStyle, bracketMatching, foldGutter, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import { EditorView, drawSelection, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from "@codemirror/view";
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
  },
  ".cm-tooltip": { backgroundColor: "var(--surface)", color: "var(--text)", border: "1px solid var(--control)" },
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

/** Puts an editor over `field` and tells `changed` about every edit. */
export function dress(field, changed) {
  const box = document.createElement("div");
  box.className = "editor-code";
  const root = box.attachShadow({ mode: "open" });
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: field.value,
      extensions: [
        lineNumbers(), foldGutter(), history(), drawSelection(), indentOnInput(), bracketMatching(),
        highlightActiveLine(), highlightActiveLineGutter(), highlightSelectionMatches(), search({ top: true }),
        lintGutter(), syntaxHighlighting(colours), theme, language(field.dataset.name, field.dataset.type),
        keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap]),
        EditorView.contentAttributes.of({ tabindex: "0", "aria-label": `Code of ${field.dataset.name || "the new module"}`, spellcheck: "false" }),
        EditorView.updateListener.of((update) => {
          if (!update.docChanged) return;
          field.value = update.state.doc.toString();
          changed();
        }),
      ],
    }),
  });
  field.after(box);
  field.hidden = true;
  return { box, view };
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
