import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import type { ClientSettings } from "./client-settings.ts";

/** Invokes a function and returns its answer. @throws with the function's own error */
export async function invokeFunction(
	client: ClientSettings,
	functionName: string,
	event: object = {},
): Promise<unknown> {
	const answer = await new LambdaClient(client).send(
		new InvokeCommand({
			FunctionName: functionName,
			Payload: JSON.stringify(event),
		}),
	);
	const payload = Buffer.from(answer.Payload ?? []).toString();
	if (!answer.FunctionError) return payload ? JSON.parse(payload) : undefined;
	const { errorMessage } = JSON.parse(payload) as { errorMessage?: string };
	throw new Error(`${functionName} failed: ${errorMessage ?? payload}`);
}
