import { useLanguage } from "#web/i18n/i18n.tsx";
import { Field, type FieldProps } from "#web/ui/field.tsx";

/** The address of an account, which password managers take for the user's name. */
export function EmailField(props: Partial<FieldProps>) {
	const { t } = useLanguage();
	return <Field label={t("account.email")} name="email" type="email" autoComplete="username" isRequired {...props} />;
}

/** A password that is set, with the rule that it must follow. */
export function NewPasswordField(props: Partial<FieldProps>) {
	const { t } = useLanguage();
	return (
		<Field
			label={t("account.newPassword")}
			name="password"
			type="password"
			autoComplete="new-password"
			isRequired
			hint={t("account.password.rule")}
			{...props}
		/>
	);
}

/** A code of six digits, from an email or an authenticator app. */
export function CodeField(props: Partial<FieldProps>) {
	const { t } = useLanguage();
	return (
		<Field
			label={t("account.code")}
			name="code"
			inputMode="numeric"
			autoComplete="one-time-code"
			pattern="\s*[0-9]{6}\s*"
			isRequired
			autoFocus
			{...props}
		/>
	);
}
