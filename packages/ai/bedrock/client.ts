import {
	BedrockRuntimeClient,
	type ContentBlock,
	ConverseCommand,
	type ConverseCommandInput,
	type TokenUsage,
} from "@aws-sdk/client-bedrock-runtime";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { callProvider, type Provider, type ProviderUse, type SettingsOf } from "../provider.ts";
import { modelSetting } from "../providers.ts";

type Settings = SettingsOf<"bedrock">;

/** Returns a use of Bedrock. The function's role is its access. */
export function bedrockProvider(use: ProviderUse, { model: defaultModel, breaker }: Settings): Provider {
	return {
		...use,
		name: "bedrock",
		breaker,
		key: {
			setting: `${modelSetting(use.capability, "bedrock")} in cdk.json to a model that the account may use`,
			read: async () => "the role's own",
		},
		isUnknownModel: (status, message, model) =>
			status === 404 ||
			// "The provided model identifier is invalid", and of models that only inference profiles reach.
			(status === 400 && /model identifier|inference profile/i.test(message)) ||
			// The function's role lets in the environment's own model alone.
			(status === 403 && model !== defaultModel),
	};
}

/** Returns Bedrock's client. `callProvider` retries. */
export const bedrockClient = ({ baseUrl }: Settings): BedrockRuntimeClient =>
	new BedrockRuntimeClient({
		endpoint: baseUrl,
		maxAttempts: 1,
		// The SDK's own is HTTP/2, for streams that go both ways.
		requestHandler: new NodeHttpHandler(),
	});

/** A model's answer, and why it ended in the terms that all providers share. */
interface Answer {
	content: ContentBlock[];
	text: string;
	ended: "refused" | "cut_off" | "complete";
	usage: TokenUsage | undefined;
	id: string | null;
}

/** Returns a function that calls a model by the Converse API, within the deadline. */
export function converse(use: ProviderUse, settings: Settings) {
	const provider = bedrockProvider(use, settings);
	const client = bedrockClient(settings);
	return (
		input: ConverseCommandInput & { modelId: string },
		{ deadline, signal }: { deadline: Date; signal?: AbortSignal | undefined },
	): Promise<Answer> =>
		callProvider(
			provider,
			input.modelId,
			deadline,
			async (_, abortSignal) => {
				const { output, stopReason, usage, $metadata } = await client.send(new ConverseCommand(input), { abortSignal });
				const content = output?.message?.content;
				if (!content) throw new Error("no message");
				return {
					content,
					text: content.map(({ text }) => text ?? "").join(""),
					ended: endOf(stopReason),
					usage,
					id: $metadata.requestId ?? null,
				};
			},
			({ usage }) => ({ input: usage?.inputTokens, output: usage?.outputTokens }),
			signal,
		);
}

function endOf(stopReason: string | undefined): Answer["ended"] {
	switch (stopReason) {
		case "content_filtered":
		case "guardrail_intervened":
		case "refusal":
			return "refused";
		case "max_tokens":
		case "model_context_window_exceeded":
			return "cut_off";
		default:
			return "complete";
	}
}
