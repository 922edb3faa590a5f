// @ts-check
// Workers' pages: the dialog over the page, menus and cards of versions, keys of the list.
import "./workers/dialog.js";
import "./workers/menu.js";
import "./workers/version_card.js";
import "./workers/list_keys.js";
