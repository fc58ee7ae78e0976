import { z } from "zod";
import type { ChatMessage, ChatTool, ToolCall } from "../ports/index.ts";

/** A tool, and what it does when a model asks for it. */
export interface RunnableTool extends ChatTool {
	/** Gives text for the model. @throws ToolRefusal telling the model what is wrong with its input */
	run(input: Record<string, unknown>): Promise<string>;
}

/** What a model asked for cannot be done; the message tells it why. */
export class ToolRefusal extends Error {
	override name = "ToolRefusal";
}

/** A tool whose input is checked before it runs: arguments that are not in the schema are refused by name. */
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
			const checked = tool.input.safeParse(input);
			if (!checked.success) {
				throw new ToolRefusal(
					checked.error.issues
						.map(({ path, message }) => `${path.join(".")} ${message}`.trim())
						.join("; "),
				);
			}
			return tool.run(checked.data);
		},
	};
}

export type ToolResult = ChatMessage & { role: "tool" };

/** Runs what a model asked for. Every call gets a result, also one for a tool that does not exist. */
export async function runTool(
	tools: RunnableTool[],
	{ id, name, input }: ToolCall,
): Promise<ToolResult> {
	const result = { role: "tool" as const, callId: id };
	const tool = tools.find((each) => each.name === name);
	try {
		if (!tool) {
			throw new ToolRefusal(
				`there is no tool "${name}", only ${tools.map((each) => each.name).join(", ")}`,
			);
		}
		if (!input) throw new ToolRefusal("the input is not a JSON object");
		return { ...result, text: await tool.run(input) };
	} catch (error) {
		if (!(error instanceof ToolRefusal)) throw error;
		return { ...result, text: `Refused: ${error.message}.`, failed: true };
	}
}
