import { z } from "zod";
import type { ChatMessage, ChatTool, ToolCall } from "../ports/index.ts";

/** A tool with the code that runs when a model calls it. */
export interface RunnableTool extends ChatTool {
	/** Returns text for the model. @throws ToolRefusal whose message tells the model what is wrong with its input */
	run(input: Record<string, unknown>): Promise<string>;
}

/** A tool call that cannot be run; the message tells the model why. */
export class ToolRefusal extends Error {
	override name = "ToolRefusal";
}

/** Defines a tool whose input is validated before it runs; the refusal names arguments that are not in the schema. */
export function defineTool<Input extends z.ZodObject>(tool: {
	name: string;
	description: string;
	input: Input;
	run(input: z.output<Input>): Promise<string>;
}): RunnableTool {
	const { $schema, ...inputSchema } = z.toJSONSchema(tool.input, {
		io: "input",
	});
	return {
		name: tool.name,
		description: tool.description,
		inputSchema,
		async run(input) {
			const parsed = tool.input.safeParse(input);
			if (!parsed.success) {
				throw new ToolRefusal(
					parsed.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`.trim()).join("; "),
				);
			}
			return tool.run(parsed.data);
		},
	};
}

export type ToolResult = ChatMessage & { role: "tool" };

/** Runs a tool call. Every call gets a result, also one for a tool that does not exist. */
export async function runTool(tools: RunnableTool[], { id, name, input }: ToolCall): Promise<ToolResult> {
	const result = { role: "tool" as const, callId: id };
	const tool = tools.find((candidate) => candidate.name === name);
	try {
		if (!tool) {
			throw new ToolRefusal(`there is no tool "${name}", only ${tools.map((known) => known.name).join(", ")}`);
		}
		if (!input) throw new ToolRefusal("the input is not a JSON object");
		return { ...result, text: await tool.run(input) };
	} catch (error) {
		if (!(error instanceof ToolRefusal)) throw error;
		return { ...result, text: `Refused: ${error.message}.`, failed: true };
	}
}
