// @ts-check
import "../frame.js";
import "../people.js";
