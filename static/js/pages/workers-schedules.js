// @ts-check
import "../frame.js";
import "../live/live.js";
import "../workers.js";
import "../split.js";
import "../local_times.js";
