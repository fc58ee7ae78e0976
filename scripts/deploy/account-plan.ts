import type { ClientSettings } from "#deployment/client-settings.ts";
import { awsCall } from "../environment/aws-call.ts";
import { skipUnlessAnswered } from "../environment/checks.ts";
import type { Target } from "../environment/target.ts";

/** The longest backup of a database on the free plan. AWS documents no limit; RDS has refused two days. */
const freeBackupDays = 1;

/**
 * Checks that the account's plan allows the environment's database: on the free plan, which new accounts have, RDS refuses
 * larger ones in the middle of the first deployment.
 */
export async function accountPlan({ client, name, environment: { database } }: Target): Promise<string> {
	if ((await planOf(client)) !== "FREE") return "paid";
	const field = (path: string) => `cdk.json: environments.${name}.database.${path}`;
	const refused = [
		...(database.instanceClass.endsWith(".micro")
			? []
			: [`${field("instanceClass")}: ${database.instanceClass} must be a micro class, such as db.t4g.micro.`]),
		...(database.backupDays <= freeBackupDays ? [] : [`${field("backupDays")}: ${database.backupDays} must be 1.`]),
	];
	if (refused.length === 0) return "free, and RDS allows the environment's database on it";
	throw new Error(
		`The account is on AWS's free plan, on which RDS refuses this database. Upgrade the plan (in the console: Billing and Cost Management), or change:\n${refused.join("\n")}`,
	);
}

/** @throws CheckSkipped if the plan is not known, since RDS itself decides */
async function planOf(client: ClientSettings): Promise<string> {
	const answer = await skipUnlessAnswered(
		() =>
			awsCall(client, {
				service: "freetier",
				id: "FREETIER",
				// The only endpoint, for all regions.
				host: "freetier.us-east-1.api.aws",
				region: "us-east-1",
				method: "POST",
				headers: {
					"content-type": "application/x-amz-json-1.0",
					"x-amz-target": "AWSFreeTierService.GetAccountPlanState",
				},
				body: "{}",
			}),
		client,
	);
	return JSON.parse(answer).accountPlanType;
}
