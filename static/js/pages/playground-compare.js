// @ts-check
import "../frame.js";
import "../playground/compare.js";
