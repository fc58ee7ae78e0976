import { LangChainTracer } from "@langchain/core/tracers/tracer_langchain";
import * as langsmith from "langsmith";
import * as runTrees from "langsmith/run_trees";
import * as traceable from "langsmith/singletons/traceable";
import { beforeDeadline } from "#core/before-deadline.ts";
import { installLangSmith } from "./absent-langsmith.ts";

export interface LangSmithSettings {
	apiKey: string;
	/** The project that runs are listed under. */
	project: string;
	/** What of a step leaves for LangSmith beside its name and duration. */
	hideInputs: boolean;
	hideOutputs: boolean;
	/** @default LangSmith's own */
	baseUrl?: string | undefined;
}

/** Records the runs of a graph. */
export interface RunTracing {
	/** For the graph's `callbacks`. */
	callbacks: LangChainTracer[];
	/** Ends when what was recorded is sent, or cannot be; a person waits no longer than this for it. */
	sent(): Promise<void>;
}

/** A sandbox freezes after its answer, so that runs are sent before. */
const maxSendMs = 700;

// In a bundle LangChain has a stand-in until now.
installLangSmith({ ...langsmith, ...runTrees, ...traceable });

/** Each turn as a run of LangSmith with its steps. Where LangSmith is away the turn goes on untraced. */
export function langSmithTracing({
	apiKey,
	project,
	hideInputs,
	hideOutputs,
	baseUrl = "https://api.smith.langchain.com",
}: LangSmithSettings): RunTracing {
	const client = new langsmith.Client({
		apiKey,
		apiUrl: baseUrl,
		hideInputs,
		hideOutputs,
		// The session's name is the person's own words.
		hideMetadata: hideInputs,
		omitTracedRuntimeInfo: true,
		timeout_ms: 5_000,
		callerOptions: { maxRetries: 0 },
	});
	return {
		callbacks: [
			new QuietTracer(
				{ client, projectName: project },
				hideInputs || hideOutputs,
			),
		],
		async sent() {
			await beforeDeadline(
				new Date(Date.now() + maxSendMs),
				client.awaitPendingTraceBatches(),
			);
		},
	};
}

/** An error's message may quote what was said, and LangSmith's client does not count it among the outputs. */
class QuietTracer extends LangChainTracer {
	readonly #hidesErrors: boolean;

	constructor(
		fields: ConstructorParameters<typeof LangChainTracer>[0],
		hidesErrors: boolean,
	) {
		super(fields);
		this.#hidesErrors = hidesErrors;
	}

	override copyWithTracingConfig(): LangChainTracer {
		return this;
	}

	override onRunUpdate(
		run: Parameters<LangChainTracer["onRunUpdate"]>[0],
	): Promise<void> {
		if (this.#hidesErrors && run.error) run.error = "hidden";
		return super.onRunUpdate(run);
	}
}
