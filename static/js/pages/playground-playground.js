// @ts-check
import "../frame.js";
import "../playground/runs.js";
import "../playground/playground.js";
