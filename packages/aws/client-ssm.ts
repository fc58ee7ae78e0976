// A dynamic import of the package would bundle all of its commands, 206 KB; importing this module bundles only these.
export {
	GetParameterCommand,
	ParameterNotFound,
	SSMClient,
} from "@aws-sdk/client-ssm";
