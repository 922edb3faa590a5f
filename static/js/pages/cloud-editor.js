// @ts-check
import "../frame.js";
import "../editor/main.js";
