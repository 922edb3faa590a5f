// @ts-check
import "../frame.js";
import "../passkeys.js";
