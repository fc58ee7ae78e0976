import { LangChainTracer } from "@langchain/core/tracers/tracer_langchain";
import * as langsmith from "langsmith";
import * as runTrees from "langsmith/run_trees";
import * as traceable from "langsmith/singletons/traceable";
import { beforeDeadline } from "#core/before-deadline.ts";
import { installLangSmith } from "./absent-langsmith.ts";

interface LangSmithSettings {
	apiKey: string;
	/** The project that runs are listed under. */
	project: string;
	/** Hides inputs or outputs. LangSmith always gets a step's name and duration. */
	hideInputs: boolean;
	hideOutputs: boolean;
	/** @default LangSmith's own */
	baseUrl?: string | undefined;
	/** Runs are sent before the answer, after which Lambda freezes the sandbox: the user waits for so long. @default 700 */
	maxFlushMs?: number;
}

/** Records the runs of a graph. */
export interface RunTracing {
	/** For the graph's `callbacks`. */
	callbacks: LangChainTracer[];
	/** Waits until the recorded runs are sent, at most `maxFlushMs`. */
	flush(): Promise<void>;
}

// Until now a bundle's LangChain uses stubs: see absent-langsmith.ts.
installLangSmith({ ...langsmith, ...runTrees, ...traceable });

/** Records each turn as a LangSmith run with its steps. A turn continues untraced if LangSmith is unreachable. */
export function langSmithTracing({
	apiKey,
	project,
	hideInputs,
	hideOutputs,
	baseUrl = "https://api.smith.langchain.com",
	maxFlushMs = 700,
}: LangSmithSettings): RunTracing {
	const client = new langsmith.Client({
		apiKey,
		apiUrl: baseUrl,
		hideInputs,
		hideOutputs,
		// The metadata has the session's name, which the user chose.
		hideMetadata: hideInputs,
		omitTracedRuntimeInfo: true,
		timeout_ms: 5_000,
		callerOptions: { maxRetries: 0 },
	});
	return {
		callbacks: [new ErrorHidingTracer({ client, projectName: project }, hideInputs || hideOutputs)],
		async flush() {
			await beforeDeadline(new Date(Date.now() + maxFlushMs), client.awaitPendingTraceBatches());
		},
	};
}

/** Hides error messages: they may quote the user, and LangSmith's client does not treat them as outputs. */
class ErrorHidingTracer extends LangChainTracer {
	readonly #hidesErrors: boolean;

	constructor(fields: ConstructorParameters<typeof LangChainTracer>[0], hidesErrors: boolean) {
		super(fields);
		this.#hidesErrors = hidesErrors;
	}

	override copyWithTracingConfig(): LangChainTracer {
		return this;
	}

	override onRunUpdate(run: Parameters<LangChainTracer["onRunUpdate"]>[0]): Promise<void> {
		if (this.#hidesErrors && run.error) run.error = "hidden";
		return super.onRunUpdate(run);
	}
}
