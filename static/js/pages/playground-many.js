// @ts-check
import "../frame.js";
import "../playground/runs.js";
