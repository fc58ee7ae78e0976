// make infra-bootstrap: prepares account and region for the CDK, once.

import { operate } from "../environment/target.ts";
import { cdk } from "./cdk.ts";

await operate(async ({ name, isLocal, environment: { account, region } }) => {
	if (isLocal) {
		console.log("Environment local needs no preparation: make up starts it.");
		return;
	}
	await cdk(
		"bootstrap",
		// bootstrap synthesizes first, even where account and region are given.
		[`aws://${account}/${region}`, "-c", `env=${name}`],
		`Account ${account} is not prepared in ${region}: correct the error above; the credentials must be an administrator's.`,
	);
	console.log(`Account ${account} is prepared in ${region}. Next: make infra-deploy ENV=${name}.`);
});
