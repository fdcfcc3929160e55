/** Somebody of the demo enterprise who has an account. */
export interface DemoPerson {
  login: string;
  name: string;
  role: 'agent' | 'requester' | 'integration';
}

export const people: readonly DemoPerson[] = [
  { login: 'o.dispatcher', name: 'Ольга Дорохова, диспетчер', role: 'agent' },
  { login: 'i.sedov', name: 'Игорь Седов, сетевой инженер', role: 'agent' },
  { login: 'm.kulik', name: 'Марина Кулик, инженер АСУ ТП', role: 'agent' },
  { login: 'p.zimin', name: 'Павел Зимин, системный администратор', role: 'agent' },
  { login: 'r.gareev', name: 'Ринат Гареев, выездной инженер', role: 'agent' },
  { login: 't.belova', name: 'Татьяна Белова, менеджер услуг', role: 'agent' },
  { login: 'n.orlova', name: 'Нина Орлова, бухгалтер', role: 'requester' },
  { login: 'a.mishin', name: 'Алексей Мишин, начальник смены', role: 'requester' },
  { login: 'e.lapina', name: 'Елена Лапина, кадры', role: 'requester' },
  { login: 's.vlasov', name: 'Сергей Власов, абонентский отдел', role: 'requester' },
  { login: 'd.frolov', name: 'Дмитрий Фролов, лаборатория', role: 'requester' },
  { login: 'g.tuleev', name: 'Галым Тулеев, автопарк', role: 'requester' },
  { login: 'prometheus', name: 'Prometheus ЦОД', role: 'integration' },
];
