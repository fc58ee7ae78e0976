import { conversationActs } from "./conversations.ts";
import { itemActs } from "./items.ts";
import type { Act } from "./steps.ts";
import { upkeepActs } from "./upkeep.ts";

/** What the system does, as far as it takes a right of any of its parts. */
export const acts: Act[] = [...itemActs, ...conversationActs, ...upkeepActs];
