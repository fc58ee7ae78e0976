import { type ModelCapability, providersWith } from "#ai/providers.ts";
import { brokenRules } from "./environment-rules.ts";
import { type Environment, type EnvironmentName, environmentSchema } from "./environments.ts";
import { withListedModels } from "./model-lists.ts";

/** The settings that the developer's machine adds to environment `local`. */
export interface LocalMachine {
	/** Providers whose API key is in `.env`. */
	keys?: readonly string[];
	/** Addresses of stand-ins by provider. */
	providerUrls?: Record<string, string>;
	/** The environment's `openaiServer`, which `auto` then chooses for every capability. */
	openaiServer?: object | null;
	/** The folder of a dataset for the vision provider `replay`. */
	replayFolder?: string | null;
	/** The folder of a model for the embedding provider `onnx`. */
	onnxFolder?: string | null;
	/** Replaces the provider of the table and of the keys. */
	visionProvider?: string;
	/** Replaces limits: tests and benches work as one busy person. */
	limits?: object;
}
/**
 * Reads one environment of the table in `cdk.json`: its row, with defaults for the settings it leaves out.
 * @throws naming each unknown or wrong field by its path in `cdk.json`
 */
export function readEnvironment(
	table: unknown,
	name: unknown,
	{
		keys = [],
		providerUrls = {},
		openaiServer = null,
		replayFolder = null,
		onnxFolder = null,
		visionProvider: chosen,
		limits,
	}: LocalMachine = {},
): Environment {
	const rows = table as Record<string, object>;
	if (typeof name !== "string" || !Object.hasOwn(rows, name)) {
		throw new Error(
			`There is no environment ${JSON.stringify(name) ?? "without a name"}: choose one of ${Object.keys(rows).join(", ")} (make ENV=..., cdk -c env=...).`,
		);
	}
	const known = name as EnvironmentName;
	const values = rows[name];
	const parsed = environmentSchema.safeParse(
		known === "local"
			? {
					...values,
					providerUrls,
					...(openaiServer && { openaiServer }),
					...(chosen && { visionProvider: chosen }),
					...(limits && { limits }),
					...(replayFolder && { replayFolder, visionProvider: "replay" }),
					...(onnxFolder && { onnxFolder, embeddingProvider: "onnx" }),
				}
			: values,
	);
	const problems = parsed.success
		? brokenRules({ ...parsed.data, name: known })
		: parsed.error.issues.map(({ path, message }) => [path.join("."), message] as const);
	if (problems.length > 0 || !parsed.success) {
		throw new Error(
			problems
				.map(([field, message]) => `cdk.json: environments.${known}${field && `.${field}`}: ${message}.`)
				.join("\n"),
		);
	}
	const firstWithKey = <C extends ModelCapability>(capability: C) =>
		providersWith(capability).find((name) => {
			// Whoever runs a server means it to be used.
			if (parsed.data.openaiServer) return name === "openai";
			// OpenAI's vectors are not those of the items that were embedded before: they are chosen by name alone.
			return keys.includes(name) && !(capability === "embedding" && name === "openai");
		}) ?? "offline";
	const { visionProvider, embeddingProvider, chatProvider } = parsed.data;
	return withListedModels({
		...parsed.data,
		name: known,
		visionProvider: visionProvider === "auto" ? firstWithKey("vision") : visionProvider,
		embeddingProvider: embeddingProvider === "auto" ? firstWithKey("embedding") : embeddingProvider,
		chatProvider: chatProvider === "auto" ? firstWithKey("chat") : chatProvider,
	});
}
