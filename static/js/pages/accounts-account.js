// @ts-check
import "../frame.js";
import "../preferences.js";
