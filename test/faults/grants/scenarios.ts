import { conversationScenarios } from "./conversations.ts";
import { itemScenarios } from "./items.ts";
import { jobScenarios } from "./jobs.ts";
import { peopleScenarios } from "./people.ts";
import type { GrantScenario } from "./steps.ts";
import { streamScenarios } from "./streams.ts";
import { upkeepScenarios } from "./upkeep.ts";
import { webScenarios } from "./web.ts";
import { webhookScenarios } from "./webhooks.ts";

/** Every operation of the system that needs a grant. */
export const grantScenarios: GrantScenario[] = [
	...itemScenarios,
	...jobScenarios,
	...conversationScenarios,
	...streamScenarios,
	...peopleScenarios,
	...upkeepScenarios,
	...webScenarios,
	...webhookScenarios,
];
