// @ts-check
import "../frame.js";
import "../workers.js";
