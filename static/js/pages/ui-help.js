// @ts-check
import "../frame.js";
import "../help_search.js";
