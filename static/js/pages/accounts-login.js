// @ts-check
import "../page.js";
import "../login.js";
import "../passkeys.js";
