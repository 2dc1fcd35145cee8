// Seals a push and reads a reply with @wecom/crypto, for the stories of test_wechat_crypto.py.
// One question comes as JSON on stdin, one answer leaves as JSON on stdout.
const { decrypt, encrypt, getSignature } = require('@wecom/crypto');

const element = (xml, name) =>
  new RegExp(`<${name}>(?:<!\\[CDATA\\[)?(.*?)(?:\\]\\]>)?</${name}>`, 's').exec(xml)[1];

const acts = {
  seal: ({ token, key, appid, text, timestamp, nonce, random }) => {
    const prefix = random === undefined ? undefined : Buffer.from(random);
    const sealed = encrypt(key, text, appid, prefix);
    return { sealed, signature: getSignature(token, timestamp, nonce, sealed) };
  },
  'read reply': ({ token, key, text }) => {
    const [sealed, signature, timestamp, nonce] = ['Encrypt', 'MsgSignature', 'TimeStamp', 'Nonce']
      .map((name) => element(text, name));
    const { message, id } = decrypt(key, sealed);
    return {
      signed: getSignature(token, timestamp, nonce, sealed) === signature,
      appid: id,
      words: element(message, 'Content'),
    };
  },
};

const question = JSON.parse(require('fs').readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify(acts[question.act](question)));
