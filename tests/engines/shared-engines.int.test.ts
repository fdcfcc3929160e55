import { Kafka, logLevel } from 'kafkajs';
import neo4j from 'neo4j-driver';
import { describeWithKafka, describeWithNeo4j } from './describe-with.ts';

describeWithKafka('the Kafka that all tests share', (kafka) => {
  it('carries a message from a producer to a consumer', async () => {
    const client = new Kafka({ brokers: kafka.brokers.split(','), logLevel: logLevel.NOTHING });
    const topic = 'house.shared-engines';
    const admin = client.admin();
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true });
    const producer = client.producer();
    const consumer = client.consumer({ groupId: topic });
    await Promise.all([producer.connect(), consumer.connect()]);
    await producer.send({ topic, messages: [{ key: 'a', value: 'hello' }] });
    await consumer.subscribe({ topic, fromBeginning: true });
    const value = await new Promise((resolve) => {
      void consumer.run({ eachMessage: async ({ message }) => resolve(message.value?.toString()) });
    });
    await Promise.all([producer.disconnect(), consumer.disconnect(), admin.disconnect()]);
    expect(value).toBe('hello');
  });
});

describeWithNeo4j('the Neo4j that all tests share', (engine) => {
  it('answers a query over Bolt', async () => {
    const driver = neo4j.driver(engine.url, neo4j.auth.basic(engine.user, engine.password));
    const { records } = await driver.executeQuery('return $word as word', { word: 'hello' });
    await driver.close();
    expect(records.map((record) => record.get('word'))).toEqual(['hello']);
  });
});
