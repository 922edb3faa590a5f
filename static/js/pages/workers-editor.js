// @ts-check
import "../frame.js";
import "../live/live.js";
import "../editor/main.js";
