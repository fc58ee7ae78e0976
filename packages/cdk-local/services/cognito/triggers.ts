import { AwsError, notImplemented } from "../../endpoint/types.ts";
import type { State } from "../../state.ts";

/** Invokes a function for a user pool. @throws AwsError where the function's policy does not allow it */
export type InvokeTrigger = (
	poolArn: string,
	functionArn: string,
	event: object,
) => Promise<{ failed: boolean; payload: string }>;

/** The request that creates a user. */
export interface CreationRequest {
	triggerSource: "PreSignUp_SignUp" | "PreSignUp_AdminCreateUser";
	/** @default the value that Cognito has for administrators */
	clientId?: string;
}

/** @throws AwsError where the function refuses the user, or its answer is none */
export async function preSignUp(
	invoke: InvokeTrigger,
	state: State,
	{
		pool,
		poolArn,
		functionArn,
		userName,
		attributes,
		request: { triggerSource, clientId = "CLIENT_ID_NOT_APPLICABLE" },
	}: {
		pool: string;
		poolArn: string;
		functionArn: string;
		userName: string;
		attributes: Record<string, string>;
		request: CreationRequest;
	},
): Promise<void> {
	const event = {
		version: "1",
		region: state.region,
		userPoolId: pool,
		userName,
		callerContext: { awsSdkVersion: "aws-sdk-unknown-unknown", clientId },
		triggerSource,
		request: { userAttributes: attributes, validationData: null },
		response: { autoConfirmUser: false, autoVerifyEmail: false, autoVerifyPhone: false },
	};
	const { failed, payload } = await invoke(poolArn, functionArn, event).catch((error) => {
		if (!(error instanceof AwsError)) throw error;
		throw new AwsError("UnexpectedLambdaException", `PreSignUp invocation failed due to error ${error.code}.`);
	});
	const answer = parse(payload);
	if (failed) {
		throw new AwsError("UserLambdaValidationException", `PreSignUp failed with error ${answer?.errorMessage}.`);
	}
	if (!answer?.response) throw new AwsError("InvalidLambdaResponseException", "Unrecognizable lambda output");
	for (const [name, value] of Object.entries(answer.response)) {
		if (value === true) throw notImplemented(`${name} in the answer of a PreSignUp trigger`);
	}
}

function parse(payload: string): { errorMessage?: string; response?: object } | null {
	try {
		return JSON.parse(payload);
	} catch {
		return null;
	}
}
