// make quota: shows a person's tier with its quotas, and sets the tier.
import { cognitoUserPool } from "#aws/user-pool.ts";
import { quotasOf } from "#core/limits/limits.ts";
import { countedUses } from "#core/limits/quotas.ts";
import { ownQuotasGroup, tierOf, tiers } from "#core/limits/tiers.ts";
import { printTable } from "#deployment/table.ts";
import { outputs } from "../deploy/outputs-file.ts";
import { operate, type Target } from "../environment/target.ts";
import { subOf } from "./sub-of.ts";

await operate(async (target) => {
	const { EMAIL, TIER } = process.env;
	if (!EMAIL) throw new Error("EMAIL is missing: run make quota EMAIL=you@example.com TIER=pro");
	const tier = tiers.find((name) => name === TIER);
	if (TIER && !tier) throw new Error(`There is no tier ${TIER}: TIER is one of ${tiers.join(", ")}.`);
	const { UserPoolId } = await outputs(target);
	const userId = await subOf(target, EMAIL);
	const pool = cognitoUserPool(UserPoolId, target.client);
	const show = async () => printQuotas(target, (await pool.groups(userId)) ?? []);

	console.log(tier ? `Before, ${EMAIL} has` : `${EMAIL} has`);
	await show();
	if (!tier) return;
	await pool.setTier(userId, tier);
	console.log(`\nNow, and in every token from its next renewal on (an hour at most), ${EMAIL} has`);
	await show();
});

function printQuotas({ environment }: Target, groups: readonly string[]): void {
	const quotas = quotasOf(environment.limits, groups);
	console.log(`tier ${tierOf(groups)}`);
	if (groups.includes(ownQuotasGroup))
		console.log("and, in place of these, quotas of their own (GET /admin/users/{sub})");
	printTable(
		countedUses.map((use) => ({ use, "a day": String(quotas[use].day), "a month": String(quotas[use].month) })),
	);
}
