import type {
	IAuthenticateGeneric,
	Icon,
	ICredentialTestRequest,
	ICredentialType,
	INodeProperties,
} from 'n8n-workflow';

export class RefmillApi implements ICredentialType {
	name = 'refmillApi';

	displayName = 'Refmill API';

	icon: Icon = { light: 'file:../icons/refmill.svg', dark: 'file:../icons/refmill.dark.svg' };

	documentationUrl = 'https://github.com/refmill/refmill/tree/main/n8n#credentials';

	properties: INodeProperties[] = [
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			default: 'http://127.0.0.1:8080',
			placeholder: 'e.g. https://refer.example.com',
			description:
				'Address of your Refmill server, as n8n reaches it. Use https://referral-factory.com to work with a Referral Factory account.',
			required: true,
		},
		{
			displayName: 'API Token',
			name: 'apiToken',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			description:
				'On your Refmill server, create one with <code>refmill token create --name n8n</code>',
			required: true,
		},
	];

	authenticate: IAuthenticateGeneric = {
		type: 'generic',
		properties: {
			headers: { Authorization: '=Bearer {{$credentials.apiToken}}' },
		},
	};

	test: ICredentialTestRequest = {
		request: {
			baseURL: '={{$credentials.baseUrl.trim().replace(/\\/+$/, "")}}/api/n8n',
			url: '/test',
			headers: { Accept: 'application/json' },
		},
		rules: [
			{
				type: 'responseCode',
				properties: { value: 401, message: 'The server does not know this API token.' },
			},
			{
				type: 'responseCode',
				properties: {
					value: 404,
					message: 'No Refmill server answers at the base URL. Check the address.',
				},
			},
		],
	};
}
