import { conversationScenarios } from "./conversations.ts";
import { itemScenarios } from "./items.ts";
import type { GrantScenario } from "./steps.ts";
import { upkeepScenarios } from "./upkeep.ts";

/** What the system does, as far as it takes a right of any of its parts. */
export const grantScenarios: GrantScenario[] = [
	...itemScenarios,
	...conversationScenarios,
	...upkeepScenarios,
];
