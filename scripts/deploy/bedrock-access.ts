import type { ClientSettings } from "#deployment/client-settings.ts";
import { foundationModel, listedModels } from "#lib/providers.ts";
import { awsCall } from "../environment/aws-call.ts";
import { skipUnlessAnswered } from "../environment/checks.ts";
import type { Target } from "../environment/target.ts";

/**
 * Checks what Bedrock demands of an account before it answers with a third party's model: Anthropic's form about the use,
 * and a subscription at AWS Marketplace. Without them the first answers are errors.
 */
export async function bedrockAccess({ client, name, environment }: Target): Promise<string> {
	const named = (["vision", "embedding", "chat"] as const).flatMap((task) =>
		listedModels(environment, task, "bedrock"),
	);
	const models = [...new Set(named.map(foundationModel))];
	if (models.length === 0) return "not used";
	const missing: string[] = [];
	if (models.some((model) => model.startsWith("anthropic.")) && !(await formSubmitted(client))) {
		missing.push(
			"Anthropic's form is missing: in the Bedrock console, open an Anthropic model of the model catalog and submit the use case, once an account.",
		);
	}
	const states: string[] = [];
	for (const model of models) {
		const subscribed = await subscription(client, model);
		if (!subscribed && !environment.bedrock.subscribe) {
			missing.push(
				`The account has no subscription to ${model}: send it one prompt in the Bedrock console's playground as a person who may aws-marketplace:Subscribe, or let the functions do it: cdk.json: environments.${name}.bedrock.subscribe: true.`,
			);
		}
		states.push(
			subscribed ? `${model} is enabled` : `the first answer subscribes to ${model}, which takes up to 15 minutes`,
		);
	}
	if (missing.length > 0) throw new Error(missing.join("\n"));
	return states.join("; ");
}

/** Returns whether the account, or its organization's management account, has submitted Anthropic's form. */
function formSubmitted(client: ClientSettings): Promise<boolean> {
	return skipUnlessAnswered(
		() =>
			get(client, "/use-case-for-model-access").then(
				() => true,
				(error: Error) => {
					if (error.name !== "ResourceNotFoundException") throw error;
					return false;
				},
			),
		client,
	);
}

/** Providers whose models are not sold at AWS Marketplace. */
const outsideMarketplace = /^(amazon|deepseek|meta|mistral|openai|qwen)\./;

/** Returns whether the account has agreed to the model's terms at AWS Marketplace, or needs not. */
async function subscription(client: ClientSettings, model: string): Promise<boolean> {
	if (outsideMarketplace.test(model)) return true;
	const path = `/foundation-model-availability/${encodeURIComponent(model)}`;
	const { agreementAvailability } = JSON.parse(await skipUnlessAnswered(() => get(client, path), client));
	return agreementAvailability.status === "AVAILABLE";
}

const get = (client: ClientSettings, path: string) =>
	awsCall(client, {
		service: "bedrock",
		id: "BEDROCK",
		host: `bedrock.${client.region}.amazonaws.com`,
		method: "GET",
		path,
	});
