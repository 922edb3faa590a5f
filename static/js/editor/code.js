// @ts-check
// A textarea as a code editor. It lives in a shadow root, whose style sheets are objects: the page
// allows neither inline styles nor style elements. The textarea stays what the form sends.
import {
  defaultKeymap,
  history,
  historyField,
  historyKeymap,
  indentWithTab,
} from "@codemirror/commands";
import { javascript } from "@codemirror/lang-javascript";
import { json } from "@codemirror/lang-json";
import {
  bracketMatching,
  foldGutter,
  indentOnInput,
  syntaxHighlighting,
} from "@codemirror/language";
import { lintGutter, setDiagnostics, setDiagnosticsEffect } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState, StateField } from "@codemirror/state";
import {
  Decoration,
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
  WidgetType,
} from "@codemirror/view";
import { colors, theme } from "./theme.js";

/** @param {string} name @param {string} type */
function language(name, type) {
  if (type.includes("javascript"))
    return javascript({ jsx: /\.[jt]sx$/.test(name), typescript: /\.tsx?$/.test(name) });
  return type.includes("json") || name.endsWith(".json") ? json() : [];
}

/* The runtime's error, under its line; it goes as soon as that line is changed. */

class ErrorNote extends WidgetType {
  /** @param {string} text */
  constructor(text) {
    super();
    this.text = text;
  }

  /** @param {ErrorNote} other */
  eq(other) {
    return other.text === this.text;
  }

  toDOM() {
    const box = document.createElement("div");
    box.className = "cm-error-note";
    box.textContent = this.text;
    return box;
  }
}

/** @type {StateField<import("@codemirror/view").DecorationSet>} */
const errorNote = StateField.define({
  create: () => Decoration.none,
  update(shown, transaction) {
    for (const effect of transaction.effects) {
      if (!effect.is(setDiagnosticsEffect)) continue;
      const widgets = effect.value.map(({ to, message }) =>
        Decoration.widget({ widget: new ErrorNote(message), block: true, side: 1 }).range(
          transaction.newDoc.lineAt(to).to,
        ),
      );
      return Decoration.set(widgets);
    }
    return shown.map(transaction.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

const settled = EditorState.transactionExtender.of((transaction) => {
  const at = transaction.docChanged ? transaction.startState.field(errorNote).iter() : null;
  if (!at?.value) return null;
  const line = transaction.startState.doc.lineAt(at.from);
  return transaction.changes.touchesRange(line.from, line.to)
    ? { effects: setDiagnosticsEffect.of([]) }
    : null;
});

// Esc, then Tab leaves, however slowly: the package itself waits for two seconds only.
const leaving = EditorView.domEventHandlers({
  keydown(event, view) {
    if (event.key === "Escape") setTimeout(() => view.setTabFocusMode(600_000));
  },
  blur: (_event, view) => view.setTabFocusMode(false),
});

const hint = "Tab indents. Escape, then Tab leaves the code.";

/** @typedef {{ box: HTMLElement, view: EditorView }} Editor */

/**
 * Puts an editor over `field`; `onChange` runs after every edit.
 * @param {HTMLTextAreaElement} field
 * @param {() => void} onChange
 * @param {ReturnType<typeof snapshot>} [before] of the editor before the form was replaced
 * @returns {Editor}
 */
export function addEditor(field, onChange, before) {
  const { name = "", type = "" } = field.dataset;
  const box = document.createElement("div");
  box.className = "editor-code";
  const root = box.attachShadow({ mode: "open" });
  const described = document.createElement("p");
  described.id = "hint";
  described.hidden = true;
  described.textContent = hint;
  root.append(described);
  const extensions = [
    lineNumbers(),
    foldGutter(),
    history(),
    drawSelection(),
    indentOnInput(),
    bracketMatching(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    highlightSelectionMatches(),
    search({ top: true }),
    lintGutter(),
    errorNote,
    settled,
    leaving,
    syntaxHighlighting(colors),
    theme,
    language(name, type),
    keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap, indentWithTab]),
    EditorView.contentAttributes.of({
      tabindex: "0",
      "aria-label": `Code of ${name || "the new module"}`,
      "aria-describedby": "hint",
      spellcheck: "false",
    }),
    EditorView.updateListener.of((update) => {
      if (!update.state.field(errorNote).size) box.classList.remove("is-wrong");
      if (!update.docChanged) return;
      field.value = update.state.doc.toString();
      onChange();
    }),
  ];
  const same = before?.state.doc === field.value;
  const state = same
    ? EditorState.fromJSON(before.state, { extensions }, { history: historyField })
    : EditorState.create({ doc: field.value, extensions });
  const view = new EditorView({
    root,
    parent: root,
    state,
    scrollTo: same ? before.scroll : undefined,
  });
  field.after(box);
  field.hidden = true;
  return { box, view };
}

/**
 * Text, selection and undo of an editor, for the time in which the form is replaced.
 * @param {Editor} editor
 */
export function snapshot({ view }) {
  return { state: view.state.toJSON({ history: historyField }), scroll: view.scrollSnapshot() };
}

/**
 * Marks the line of the runtime's error, and goes there.
 * @param {Editor} editor
 * @param {number} line from 1
 * @param {number} column from 1
 * @param {string} text
 */
export function markError({ box, view }, line, column, text) {
  const at = view.state.doc.line(Math.min(Math.max(line, 1), view.state.doc.lines));
  const from = Math.min(at.from + Math.max(column - 1, 0), at.to);
  /** @type {import("@codemirror/lint").Diagnostic} */
  const message = {
    from: from === at.to ? at.from : from,
    to: at.to,
    severity: "error",
    message: text,
  };
  view.dispatch(setDiagnostics(view.state, [message]));
  view.dispatch({
    selection: { anchor: from },
    effects: EditorView.scrollIntoView(from, { y: "center" }),
  });
  box.classList.add("is-wrong");
}
