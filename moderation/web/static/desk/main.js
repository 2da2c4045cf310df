// The desk with a script: nothing here is needed to moderate, all of it makes it quicker.
import { watchForms } from "./deciding.js";
import { watchKeys } from "./keys.js";
import { keepClaim } from "./claim.js";
import { suggestBreaks } from "./rest.js";
import { keepAhead } from "./ahead.js";
import { keepCounts } from "./counts.js";
import "./sheet.js";
import { keepLive } from "./live.js";

watchForms();
watchKeys();
keepClaim();
keepAhead();
suggestBreaks();
keepCounts();
keepLive();
