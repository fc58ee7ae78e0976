const logs = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"];

const allow = (Action: string[]) => ({
	Version: "2012-10-17",
	Statement: [{ Effect: "Allow", Action, Resource: "*" }],
});

/** The AWS-managed policies that functions have, as AWS publishes them; those for VPCs have no effect here. */
export const awsManagedPolicies: Readonly<Record<string, unknown>> = {
	"arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole": allow(logs),
};
