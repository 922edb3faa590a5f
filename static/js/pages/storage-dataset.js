// @ts-check
import "../frame.js";
import "../observability.js";
