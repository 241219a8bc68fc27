import type { INodeProperties } from 'n8n-workflow';

import {
	campaignId,
	choice,
	collection,
	conditions,
	day,
	flag,
	listFields,
	number,
	pages,
	simplify,
	sorted,
	SOURCES,
	text,
} from '../fields';
import type { Operation, Resource } from '../operation';
import { deleted } from '../operation';

const SIMPLE = [
	'id',
	'name',
	'code',
	'url',
	'status',
	'live',
	'kind',
	'reach',
	'starts_at',
	'ends_at',
];

const name = text('name', 'Name', { placeholder: 'e.g. Spring Invite' });
const minor = { typeOptions: { minValue: 0 } };

const settings: INodeProperties[] = [
	text('accent_color', 'Accent Color', {
		placeholder: 'e.g. #1a56a0',
		description: 'Of buttons and links; dark enough for text on white',
	}),
	text('accent_color_dark', 'Accent Color in Dark Mode', {
		placeholder: 'e.g. #8ab4f0',
		description: 'Unless given, a brighter accent color',
	}),
	choice('attribution', 'Attribution', ['first', 'last'], {
		description: 'Whose link is credited, of several that a person came by',
	}),
	text('budget_currency', 'Budget Currency', { placeholder: 'e.g. EUR' }),
	number('budget_minor', 'Budget', {
		...minor,
		description: 'Of all rewards together, in the smallest unit of the currency; 0 for no bound',
	}),
	number('click_window_s', 'Click Window', {
		...minor,
		description: 'Seconds for which a click counts; 0 for ever',
	}),
	number('cookie_days', 'Cookie', {
		...minor,
		description: 'Days for which a cookie remembers whose link was opened; 0 for no cookie',
	}),
	number('credit_window_s', 'Credit Window', {
		...minor,
		description: 'Seconds after joining in which qualifying counts for the referrer; 0 for ever',
	}),
	text('custom_css', 'Custom CSS', {
		typeOptions: { rows: 4 },
		description: 'For the pages of the campaign, without url() and @import',
	}),
	text('embed_origins', 'Embed Origins', {
		placeholder: 'e.g. https://shop.example.com',
		description: 'Sites that may show the pages of referrers in a frame, with spaces between them',
	}),
	day('ends_at', 'Ends At', 'Nobody joins from then on'),
	{
		displayName: 'Form Fields',
		name: 'fields',
		type: 'json',
		default: '{}',
		description: 'Extra fields of the form: {"person_referring": […], "person_invited": […]}',
	},
	{
		displayName: 'Fraud Rules',
		name: 'fraud',
		type: 'json',
		default: '{}',
		description: 'What rules do: {"same_ip": "hold"}, with off, flag, hold or block',
	},
	text('hero_url', 'Hero URL', {
		description: 'A picture on the pages where people join, by HTTPS',
	}),
	choice('kind', 'Kind', [
		'single_sided',
		'double_sided',
		'invite_only',
		'refer_to_win',
		'commission',
	]),
	text('landing_url', 'Landing URL', {
		description: 'Where links lead instead of the page of the server',
	}),
	text('lang', 'Language', { placeholder: 'e.g. pt-BR' }),
	flag('live', 'Live', 'Whether it is live, not in test mode; only a draft can change it', true),
	text('logo_url', 'Logo URL', { description: 'A picture above the pages, by HTTPS' }),
	text('min_spend_currency', 'Minimum Spend Currency', { placeholder: 'e.g. EUR' }),
	number('min_spend_minor', 'Minimum Spend', {
		...minor,
		description:
			'What an invited person must spend to qualify, in the smallest unit of the currency',
	}),
	number('min_spend_window_s', 'Minimum Spend Window', {
		...minor,
		description: 'Seconds after joining in which spending counts; 0 for ever',
	}),
	text('offer', 'Offer', { description: 'What a friend is offered' }),
	flag(
		'proof_of_work',
		'Proof of Work',
		'Whether forms let browsers work for a moment: fewer robots, but they need JavaScript',
		true,
	),
	text('share_subject', 'Share Subject'),
	text('share_text', 'Share Text', { description: 'What people send along with their link' }),
	choice('sources', 'Sources', SOURCES, {
		type: 'multiOptions',
		default: [],
		description: 'The only ways in which people may join; none for any',
	}),
	day('starts_at', 'Starts At', 'Nobody joins before'),
	{
		displayName: 'Texts',
		name: 'texts',
		type: 'json',
		default: '{}',
		description: 'Your words on the pages in place of ours: {"form.accept": "Yes, please"}',
	},
	text('thank_you_url', 'Thank You URL', { description: 'Where the form of the server leads' }),
];

/** A step in the life of a campaign. */
function step(value: string, title: string, description: string): Operation {
	return {
		name: title,
		value,
		action: `${title} campaign`,
		description,
		route: `POST /v2/campaigns/{campaign_id}/${value}`,
		fields: [campaignId],
	};
}

const operations: Operation[] = [
	{
		name: 'Archive',
		value: 'delete',
		action: 'Archive campaign',
		description: 'Take a campaign out of use for good; what it led to stays',
		route: 'DELETE /v2/campaigns/{campaign_id}',
		fields: [campaignId],
		shape: deleted,
	},
	{
		name: 'Create',
		value: 'create',
		action: 'Create campaign',
		description: 'Create a campaign',
		route: 'POST /v2/campaigns',
		fields: [
			{ property: { ...name, required: true } },
			{ property: choice('status', 'Status', ['draft', 'launched']) },
			collection('additionalFields', 'Additional Fields', settings),
		],
	},
	step('end', 'End', 'End a campaign: nobody joins it any more'),
	{
		name: 'Get',
		value: 'get',
		action: 'Get campaign',
		description: 'Get a campaign by ID or code',
		route: 'GET /v2/campaigns/{campaign_id}',
		fields: [{ property: campaignId.property }, simplify],
		simple: SIMPLE,
	},
	{
		name: 'Get Many',
		value: 'getAll',
		action: 'Get many campaigns',
		description: 'Get campaigns, all or with conditions',
		route: 'GET /v2/campaigns',
		paging: pages,
		simple: SIMPLE,
		fields: [
			...listFields,
			simplify,
			collection('filters', 'Filters', [
				choice('status', 'Status', ['draft', 'launched', 'paused', 'ended']),
				flag('live', 'Live', 'Whether to get live campaigns or those in test mode', true),
				sorted(['id']),
			]),
			conditions(['code', 'created_at', 'ends_at', 'kind', 'lang', 'name', 'reach', 'starts_at']),
		],
	},
	{
		name: 'Get Statistics',
		value: 'getStatistics',
		action: 'Get statistics of campaign',
		description: 'Get clicks, joins, referrals, qualifications and issued rewards, day by day',
		route: 'GET /v2/campaigns/{campaign_id}/stats',
		fields: [
			campaignId,
			collection('options', 'Options', [
				text('from', 'First Day', { placeholder: 'e.g. 2026-01-01' }),
				text('to', 'Last Day', { placeholder: 'e.g. 2026-01-31' }),
			]),
		],
	},
	step('launch', 'Launch', 'Launch a campaign, or let it go on after a pause'),
	step('pause', 'Pause', 'Pause a campaign: nobody joins until it is launched again'),
	{
		name: 'Update',
		value: 'update',
		action: 'Update campaign',
		description: 'Change a campaign; what is not given stays as it is',
		route: 'PUT /v2/campaigns/{campaign_id}',
		fields: [campaignId, collection('updateFields', 'Update Fields', [name, ...settings])],
	},
];

export const campaignResource: Resource = { name: 'Campaign', value: 'campaign', operations };
