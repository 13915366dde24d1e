/** One address for several servers, which come and go without anybody noticing. */
import { balance } from 'wizgi/upstream';

const servers = process.env.SERVERS ?? 'http://127.0.0.1:8001,http://127.0.0.1:8002';

export const application = balance(servers.split(','), {
  method: 'least-connections',
  healthInterval: 1,
  slowStart: 10,
});
