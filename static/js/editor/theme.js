// @ts-check
// How code looks.
import { HighlightStyle } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

// Colors are the page's variables, so both themes follow by themselves.
export const colors = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.modifier], color: "var(--cand-tx)" },
  { tag: [tags.string, tags.special(tags.string), tags.regexp], color: "var(--ok)" },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: "var(--warn)" },
  { tag: [tags.comment], color: "var(--text-3)", fontStyle: "italic" },
  { tag: [tags.propertyName, tags.function(tags.variableName)], color: "var(--stable-tx)" },
]);
export const theme = EditorView.theme({
  "&": {
    color: "var(--text)",
    backgroundColor: "var(--surface)",
    fontSize: "12px",
    maxHeight: "70vh",
  },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": {
    fontFamily: "var(--mono)",
    lineHeight: "20px",
    minHeight: "320px",
    fontVariantLigatures: "none",
  },
  ".cm-content, .cm-gutters": { minHeight: "320px" },
  ".cm-content": { caretColor: "var(--text)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": {
    backgroundColor: "var(--sunken)",
    color: "var(--text-3)",
    borderRight: "1px solid var(--line)",
  },
  ".cm-activeLine, .cm-activeLineGutter": {
    backgroundColor: "color-mix(in srgb, var(--sunken) 60%, transparent)",
  },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground":
    {
      backgroundColor: "color-mix(in srgb, var(--stable-fill) 30%, transparent)",
    },
  ".cm-panels": { backgroundColor: "var(--sunken)", color: "var(--text)" },
  ".cm-panel button, .cm-panel input, .cm-textfield, .cm-button": {
    backgroundColor: "var(--surface)",
    backgroundImage: "none",
    color: "var(--text)",
    border: "1px solid var(--control)",
    minHeight: "24px",
    minWidth: "24px",
    borderRadius: "4px",
  },
  ".cm-panel.cm-search": { padding: "6px 32px 6px 8px", fontSize: "12px" },
  ".cm-panel.cm-search label": {
    display: "inline-flex",
    alignItems: "center",
    gap: "4px",
    minHeight: "24px",
    fontSize: "12px",
  },
  ".cm-panel.cm-search [name=close]": {
    top: "6px",
    right: "6px",
    width: "24px",
    height: "24px",
    border: "0",
    background: "none",
  },
  ".cm-panel :focus-visible": { outline: "2px solid var(--ink)", outlineOffset: "1px" },
  ".cm-tooltip": {
    backgroundColor: "var(--surface)",
    color: "var(--text)",
    border: "1px solid var(--control)",
  },
  ".cm-error-note": {
    position: "sticky",
    left: "60px",
    width: "fit-content",
    maxWidth: "min(100%, 60vw)",
    margin: "2px 0 4px",
    padding: "4px 12px",
    borderLeft: "4px solid var(--danger)",
    backgroundColor: "var(--danger-bg)",
    color: "var(--danger)",
    fontFamily: "var(--font)",
    fontWeight: "600",
    whiteSpace: "pre-wrap",
    overflowWrap: "anywhere",
  },
  ".cm-diagnostic-error": { borderLeft: "4px solid var(--danger)" },
  // Drawn without images: the package's are data addresses, which the page does not allow.
  ".cm-lint-marker-error": {
    content: "normal",
    borderRadius: "50%",
    backgroundColor: "var(--danger)",
  },
  ".cm-lintRange-error": {
    backgroundImage: "none",
    textDecoration: "underline wavy var(--danger)",
  },
  ".cm-lintPoint-error:after": { borderBottomColor: "var(--danger)" },
  ".cm-foldPlaceholder": {
    backgroundColor: "var(--sunken)",
    color: "var(--text-2)",
    border: "1px solid var(--line)",
  },
});
