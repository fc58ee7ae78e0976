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
		// It synthesizes first, whatever account and region it is given.
		[`aws://${account}/${region}`, "-c", `env=${name}`],
		`Account ${account} is not prepared in ${region}: mend what stands above; the credentials must be those of an administrator.`,
	);
	console.log(`Account ${account} is prepared in ${region}. Next: make infra-deploy ENV=${name}.`);
});
