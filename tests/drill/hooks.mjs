/*
 * The webhooks that the drill's clients register, each at a path of its own. One URL always has the
 * same filters and the same pace, so that registering again only changes the secret.
 */

/** Registered as n8n does for a reward: PUT /rewards/{id}. */
export const REWARD_BY_URL = 'reward_issued by its URL';

/* Registering holds a webhook's deliveries for two seconds: done all the time, they would never come. */
const ROUNDS_OF_REST = 8;

export function hooksFor({ campaigns, rewards }) {
  const wanted = [
    ['user.join', {}],
    ['user.join', { ordered: true }],
    ['user.join', { sources: ['Referred'], rate_limit: '100/second', rate_burst: 20 }],
    ['user.join', { sources: ['N8n'], campaign_id: campaigns[1] }],
    ['user.join', { sources: ['Api', 'N8n'] }],
    ['user.qualified', {}],
    ['user.qualified', { campaign_id: campaigns[0] }],
    ['reward_issued', {}],
    ['reward_issued', { ordered: true, rate_limit: '200/second' }],
    ['reward_issued', { reward_id: rewards[0] }],
    [REWARD_BY_URL, { reward_id: rewards[1] }],
  ];
  return wanted.map(([event, filter], index) => ({
    index,
    event,
    filter,
    lastRound: undefined,
    rests(round) {
      return this.lastRound !== undefined && round - this.lastRound < ROUNDS_OF_REST;
    },
  }));
}
