const logs = [
	"logs:CreateLogGroup",
	"logs:CreateLogStream",
	"logs:PutLogEvents",
];

const allowing = (Action: string[]) => ({
	Version: "2012-10-17",
	Statement: [{ Effect: "Allow", Action, Resource: "*" }],
});

/** What the policies of AWS say that functions get, as AWS publishes them; those of the network are no part of this machine. */
export const awsManagedPolicies: Readonly<Record<string, unknown>> = {
	"arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole":
		allowing(logs),
};
